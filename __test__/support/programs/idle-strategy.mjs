// A strategy that is read-only.
export default { onBatch() {} };
