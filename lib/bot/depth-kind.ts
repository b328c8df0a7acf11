/** Which book a bot keeps. */
export type DepthKind = 'hashmap' | 'roivector';
