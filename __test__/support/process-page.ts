/** A page as a process of this package has it in shared memory. */
export function pageOf(
  layout: number,
  orders: number,
  environment: string,
  capabilities = 0,
): Buffer {
  const page = Buffer.alloc(4096);
  page.write('hblPage1', 'latin1');
  page.writeUInt32LE(layout, 8);
  page.writeUInt32LE(process.pid, 12);
  page.writeUInt32LE(capabilities, 32);
  page.write('sim', 72);
  page.writeUInt32LE(orders, 152);
  page.write(environment, 156);
  return page;
}
