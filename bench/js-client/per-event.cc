// One ThreadsafeFunction call per event: a thread that paces events and calls JavaScript with each.
#include <napi.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

struct Event {
  double sentNs;
  double px;
  double qty;
};

struct Run {
  Napi::ThreadSafeFunction events;
  Napi::ThreadSafeFunction done;
  std::thread thread;
};

// CLOCK_MONOTONIC on Linux and macOS, as process.hrtime.
double NowNs() {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count());
}

void Send(Run* run, uint64_t total, double rate) {
  std::vector<double> late;
  late.reserve(total);
  const double startNs = NowNs();
  for (uint64_t i = 0; i < total; i++) {
    const double dueNs = startNs + static_cast<double>(i) * 1e9 / rate;
    double nowNs = NowNs();
    while (nowNs < dueNs) nowNs = NowNs();
    late.push_back(nowNs - dueNs);
    auto* event = new Event{nowNs, 50000.0 + static_cast<double>(i % 40) * 0.1,
                            static_cast<double>(i % 7 + 1)};
    run->events.NonBlockingCall(event, [](Napi::Env env, Napi::Function call, Event* sent) {
      call.Call({Napi::Number::New(env, sent->px), Napi::Number::New(env, sent->qty),
                 Napi::Number::New(env, sent->sentNs)});
      delete sent;
    });
  }
  const double elapsedNs = NowNs() - startNs;
  const auto rank = late.begin() + static_cast<std::ptrdiff_t>(late.size() * 99 / 100);
  std::nth_element(late.begin(), rank, late.end());
  const double lateNs = *rank;
  run->events.Release();
  run->done.BlockingCall([elapsedNs, lateNs](Napi::Env env, Napi::Function call) {
    call.Call({Napi::Number::New(env, elapsedNs), Napi::Number::New(env, lateNs)});
  });
  run->done.Release();
}

// send(total, rate, (px, qty, sentNs) => …, (elapsedNs, lateP99Ns) => …)
Napi::Value Start(const Napi::CallbackInfo& info) {
  const uint64_t total = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const double rate = info[1].As<Napi::Number>().DoubleValue();
  auto* run = new Run();
  run->events = Napi::ThreadSafeFunction::New(info.Env(), info[2].As<Napi::Function>(), "event", 0, 1);
  run->done = Napi::ThreadSafeFunction::New(info.Env(), info[3].As<Napi::Function>(), "done", 0, 1,
                                            [run](Napi::Env) {
                                              run->thread.join();
                                              delete run;
                                            });
  run->thread = std::thread(Send, run, total, rate);
  return info.Env().Undefined();
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("send", Napi::Function::New(env, Start));
  return exports;
}

}  // namespace

NODE_API_MODULE(per_event, Init)
