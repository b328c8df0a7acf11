/** What a consumer writes; each program prints one JSON line and then ends by itself. */
const body = `
const bot = create({
  instruments: [new LiveInstrument('BTCUSDT').connector('t-packaging').tickSize(0.1).lotSize(0.001)],
});
console.log(JSON.stringify({ backend: bot.backend, assets: bot.numAssets() }));
bot.close();
`;

/** An ES module. */
export const esmProgram = `import { create, LiveInstrument } from 'hftbacktest-live';\n${body}`;

/** A CommonJS module. */
export const cjsProgram = `const { create, LiveInstrument } = require('hftbacktest-live');\n${body}`;

/** Only imports the package. */
export const importOnlyProgram = `
import * as live from 'hftbacktest-live';
console.log(JSON.stringify({ exports: Object.keys(live).length }));
`;

/** Right and wrong uses: were the types \`any\`, the expected errors would be missing. */
export const typedProgram = `
import { create, LiveInstrument, type Bot } from 'hftbacktest-live';

const bot: Bot = create({
  instruments: [new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001)],
  backend: 'auto',
});
const count: number = bot.numAssets();
// @ts-expect-error there is no such backend
create({ instruments: [], backend: 'paper' });
// @ts-expect-error a symbol is a text
new LiveInstrument(1);
bot.close();
export { count };
`;
