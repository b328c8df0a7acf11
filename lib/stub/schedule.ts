/** Something that happens at a time; equal times happen in the order they were added. */
interface Due {
  readonly dueNs: number;
  readonly order: number;
  readonly happen: () => void;
}

function before(a: Due, b: Due): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order);
}

/** What is going to happen, by time (a binary heap). */
export class Schedule {
  private readonly heap: Due[] = [];
  private added = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Time of the next event, Infinity when there is none. */
  get nextNs(): number {
    return this.heap[0]?.dueNs ?? Infinity;
  }

  add(dueNs: number, happen: () => void): void {
    const { heap } = this;
    heap.push({ dueNs, order: this.added, happen });
    this.added += 1;
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.swapWhenBefore(child, parent)) return;
      child = parent;
    }
  }

  /** Lets the next event happen. */
  happenNext(): void {
    const { heap } = this;
    const next = heap[0];
    const last = heap.pop();
    if (next === undefined || last === undefined) return;
    if (heap.length > 0) {
      heap[0] = last;
      let parent = 0;
      for (;;) {
        const left = parent * 2 + 1;
        const right = left + 1;
        const leftDue = heap[left];
        const rightDue = heap[right];
        if (leftDue === undefined) break;
        const child = rightDue !== undefined && before(rightDue, leftDue) ? right : left;
        if (!this.swapWhenBefore(child, parent)) break;
        parent = child;
      }
    }
    next.happen();
  }

  private swapWhenBefore(child: number, parent: number): boolean {
    const a = this.heap[child];
    const b = this.heap[parent];
    if (a === undefined || b === undefined || !before(a, b)) return false;
    this.heap[child] = b;
    this.heap[parent] = a;
    return true;
  }
}
