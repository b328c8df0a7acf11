import { HftError } from '../models/hft-error.js';
import type { NativeAddon } from '../native/native-addon.js';
import { tryLoadAddon } from '../native/load-addon.js';

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Why there is no addon with the live part, and what to do about it; `null` when there is one. */
export function whyNoLiveAddon(): { readonly reason: string; readonly remedy: string } | null {
  const loaded = tryLoadAddon();
  if (loaded.ok) return null;
  return { reason: sentence(loaded.reason), remedy: sentence(loaded.remedy) };
}

/** @throws HftError `ERR_NATIVE_UNAVAILABLE` with the reason and the remedy. */
export function requireLiveAddon(): NativeAddon {
  const loaded = tryLoadAddon();
  if (loaded.ok) return loaded.addon;
  throw new HftError('ERR_NATIVE_UNAVAILABLE', sentence(loaded.reason), {
    remedy: sentence(loaded.remedy),
  });
}
