/**
 * The most events per second that a side handles with nothing lost: rounds at rising rates until
 * two in a row lose some. What counts is the handled rate, from the first send to the last handled
 * event, so that neither a publisher that falls behind nor a growing queue makes it look better.
 */
export async function climb(side, rates) {
  const rungs = [];
  let best = 0;
  let failed = 0;
  for (const rate of rates) {
    const { received, published, tookNs, lost = 0, dropped = 0 } = await side(rate);
    const isWhole = received === published && lost === 0 && dropped === 0;
    const perSecond = tookNs > 0 ? (received * 1e9) / tookNs : 0;
    rungs.push({ rate, perSecond, isWhole, received, published, lost, dropped });
    const shown = `${Math.round(perSecond / 1_000)} k/s`;
    console.error(`   at ${rate}/s: ${shown}${isWhole ? '' : `, ${published - received} lost`}`);
    if (isWhole) best = Math.max(best, perSecond);
    failed = isWhole ? 0 : failed + 1;
    if (failed === 2) break;
  }
  return { perSecond: best, rungs };
}
