/** Unix µs. */
export function nowUs(): number;
