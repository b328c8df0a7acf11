// A strategy that only looks on.
export default { onBatch() {} };
