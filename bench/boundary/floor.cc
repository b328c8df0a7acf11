// The least that the same calls can cost: a C++ addon on node-addon-api that checks the same
// arguments and does no work.
#include <napi.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr uint32_t kAssets = 1;
constexpr size_t kRecordBytes = 128;

class Floor : public Napi::ObjectWrap<Floor> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Floor",
                       {
                           InstanceMethod<&Floor::Noop>("noop"),
                           InstanceMethod<&Floor::Value>("position"),
                           InstanceMethod<&Floor::Value>("bestBid"),
                           InstanceMethod<&Floor::Submit>("submitOrder"),
                           InstanceMethod<&Floor::Cancel>("cancel"),
                           InstanceMethod<&Floor::Drain>("drain"),
                       });
  }

  explicit Floor(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Floor>(info) {
    std::memset(records_, 0, sizeof records_);
  }

 private:
  Napi::Value Noop(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

  bool Asset(const Napi::Value& value) {
    return value.IsNumber() && value.As<Napi::Number>().Uint32Value() < kAssets;
  }

  Napi::Value Value(const Napi::CallbackInfo& info) {
    if (!Asset(info[0])) return Refuse(info);
    return Napi::Number::New(info.Env(), value_);
  }

  Napi::Value Submit(const Napi::CallbackInfo& info) {
    if (info.Length() < 7 || !Asset(info[0]) || !info[1].IsBigInt()) return Refuse(info);
    bool lossless = false;
    const uint64_t id = info[1].As<Napi::BigInt>().Uint64Value(&lossless);
    const int32_t side = info[2].As<Napi::Number>().Int32Value();
    const double price = info[3].As<Napi::Number>().DoubleValue();
    const double qty = info[4].As<Napi::Number>().DoubleValue();
    const int32_t tif = info[5].As<Napi::Number>().Int32Value();
    const int32_t type = info[6].As<Napi::Number>().Int32Value();
    if (!lossless || !std::isfinite(price) || !std::isfinite(qty) || qty <= 0) return Refuse(info);
    sum_ += id + static_cast<uint64_t>(side + tif + type) + static_cast<uint64_t>(price + qty);
    return Napi::Number::New(info.Env(), 0);
  }

  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    if (info.Length() < 2 || !Asset(info[0]) || !info[1].IsBigInt()) return Refuse(info);
    bool lossless = false;
    sum_ += info[1].As<Napi::BigInt>().Uint64Value(&lossless);
    return Napi::Number::New(info.Env(), 0);
  }

  // Copies records that are there already, as a bot that has them waiting would.
  Napi::Value Drain(const Napi::CallbackInfo& info) {
    auto out = info[0].As<Napi::Uint8Array>();
    const size_t count = info[1].As<Napi::Number>().Uint32Value();
    if (out.ByteLength() < count * kRecordBytes || count * kRecordBytes > sizeof records_)
      return Refuse(info);
    std::memcpy(out.Data(), records_, count * kRecordBytes);
    return Napi::Number::New(info.Env(), static_cast<double>(count));
  }

  Napi::Value Refuse(const Napi::CallbackInfo& info) {
    Napi::TypeError::New(info.Env(), "wrong argument").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }

  double value_ = 1.5;
  uint64_t sum_ = 0;
  unsigned char records_[1024 * kRecordBytes];
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Floor", Floor::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(floor, Init)
