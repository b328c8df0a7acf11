//! Callbacks of Node-API, without the code that napi-rs puts around a call.
//!
//! That code keeps a table of borrows and converts each argument through traits: 60 to 200 ns a call.
//! Here a call costs only the calls that Node-API needs: one for the arguments, one for each of them, one
//! for the result. Panics are caught and arguments checked all the same.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use napi::{
    JsError, JsValue,
    bindgen_prelude::{Object, panic_to_error},
    sys,
};

use crate::error::{Code, CodedError, Result, invalid};

/// The arguments of the call under way; missing ones are `undefined`.
pub struct Arguments<const N: usize> {
    env: sys::napi_env,
    values: [sys::napi_value; N],
}

impl<const N: usize> Arguments<N> {
    /// A number, NaN and infinities included.
    #[inline]
    pub fn number(&self, at: usize, path: &str) -> Result<f64> {
        let mut number = 0.0;
        // SAFETY: env and value are those of the call under way; the pointer is to a local.
        let status =
            unsafe { sys::napi_get_value_double(self.env, self.values[at], &raw mut number) };
        if status == sys::Status::napi_ok {
            return Ok(number);
        }
        Err(refuse(path, "must be a number"))
    }

    /// A whole number from 0 to 2^32 - 1. JavaScript's own conversion would wrap larger ones.
    #[inline]
    pub fn whole(&self, at: usize, path: &str) -> Result<u32> {
        let number = self.number(at, path)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared with the number just below"
        )]
        let whole = number as u32;
        if f64::from(whole).to_bits() == (number + 0.0).to_bits() {
            return Ok(whole);
        }
        Err(refuse(path, "must be a whole number from 0 to 4294967295"))
    }

    /// A whole number from 0 to 255.
    #[inline]
    pub fn byte(&self, at: usize, path: &str) -> Result<u8> {
        u8::try_from(self.whole(at, path)?)
            .map_err(|_| refuse(path, "must be a whole number from 0 to 255"))
    }

    /// A 64-bit id. napi-rs's own `BigInt` allocates.
    #[inline]
    pub fn id(&self, at: usize, path: &str) -> Result<u64> {
        let (mut id, mut lossless) = (0u64, false);
        // SAFETY: env and value are those of the call under way; both pointers are to locals.
        let status = unsafe {
            sys::napi_get_value_bigint_uint64(
                self.env,
                self.values[at],
                &raw mut id,
                &raw mut lossless,
            )
        };
        if status == sys::Status::napi_ok && lossless {
            return Ok(id);
        }
        Err(refuse(path, "must be a bigint from 0 to 2^64 - 1"))
    }
}

#[cold]
fn refuse(path: &str, what: &str) -> CodedError {
    invalid(format!("{path}: {what}"))
}

/// Carries out a call: its errors and panics are thrown in JavaScript.
///
/// # Safety
/// `env` and `info` are those that Node-API gave to the callback under way.
#[inline]
pub unsafe fn answer<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    call: impl FnOnce(&Arguments<N>) -> Result<f64>,
) -> sys::napi_value {
    let mut values = [ptr::null_mut(); N];
    let mut count = N;
    // SAFETY: the array holds `count` values; Node-API takes null for what is not asked for.
    let status = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            values.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status != sys::Status::napi_ok {
        // Only while the environment ends.
        return ptr::null_mut();
    }
    let arguments = Arguments { env, values };
    let error = match catch_unwind(AssertUnwindSafe(|| call(&arguments))) {
        Ok(Ok(number)) => {
            let mut returned = ptr::null_mut();
            // SAFETY: env is that of the call under way; the pointer is to a local.
            unsafe { sys::napi_create_double(env, number, &raw mut returned) };
            return returned;
        }
        Ok(Err(error)) => error,
        Err(panic) => CodedError::new(Code::Internal, panic_to_error(panic).reason.clone()),
    };
    // SAFETY: env is that of the call under way, on its own thread.
    unsafe { JsError::from(error).throw_into(env) };
    ptr::null_mut()
}

/// Adds functions to the exports of the addon.
pub fn export(exports: &Object<'_>, functions: &[(&str, sys::napi_callback)]) -> napi::Result<()> {
    let exports = exports.value();
    for (name, callback) in functions {
        let mut function = ptr::null_mut();
        // SAFETY: env and exports are those of the addon's registration; the name's length is
        // given with it.
        napi::check_status!(unsafe {
            sys::napi_create_function(
                exports.env,
                name.as_ptr().cast(),
                name.len().cast_signed(),
                *callback,
                ptr::null_mut(),
                &raw mut function,
            )
        })?;
        let mut key = ptr::null_mut();
        // SAFETY: as above.
        napi::check_status!(unsafe {
            sys::napi_create_string_utf8(
                exports.env,
                name.as_ptr().cast(),
                name.len().cast_signed(),
                &raw mut key,
            )
        })?;
        // SAFETY: as above; key and function were just made.
        napi::check_status!(unsafe {
            sys::napi_set_property(exports.env, exports.value, key, function)
        })?;
    }
    Ok(())
}
