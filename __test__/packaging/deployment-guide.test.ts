// No service manager runs here: what the files of the guide on deployment name is held against what
// there is.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { findConnector } from '../../lib/connector/find-connector.js';
import { blocksOf, programsOf } from '../support/markdown-programs.js';
import { describeNative } from '../support/native-suite.js';

const PAGE = 'docs/guide/deployment.md';
const units = blocksOf(PAGE).filter(({ language }) => language === 'ini');
const commands = units.map(({ code }) => /^ExecStart=(.*)$/m.exec(code)?.[1] ?? '');
/** The longest that the connector itself takes to stop, by its default. */
const STOP_WAIT_S = 8;

describe('the guide on deployment', () => {
  it('has a unit for the connector and one for the bot', () => {
    expect(commands[0]).toMatch(/\/node_modules\/hftbacktest-live-linux-x64-gnu\/connector /);
    expect(commands[1]).toMatch(/\/node bot\.mjs$/);
    expect(programsOf(PAGE).map(({ file }) => file)).toContain('bot.mts');
  });

  it('gives both more time to stop than the connector needs', () => {
    const times = units.map(({ code }) => Number(/^TimeoutStopSec=(\d+)$/m.exec(code)?.[1]));
    for (const seconds of times) expect(seconds).toBeGreaterThan(STOP_WAIT_S);
    expect(times).toHaveLength(2);
  });

  it('does not separate the processes of one machine', () => {
    for (const { code } of units) expect(code).not.toMatch(/^Private(Tmp|IPC)=/m);
    const users = units.map(({ code }) => /^User=(.*)$/m.exec(code)?.[1]);
    expect(new Set(users).size).toBe(1);
  });

  it('has a file for pm2 that starts the bot and gives it time to stop', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hbl-pm2-'));
    try {
      const program = programsOf(PAGE).find(({ file }) => file === 'ecosystem.config.cjs');
      const file = path.join(folder, 'ecosystem.config.cjs');
      writeFileSync(file, program?.code ?? '');
      const { apps } = createRequire(import.meta.url)(file) as {
        apps: { script: string; exec_mode: string; kill_timeout: number }[];
      };
      expect(apps).toMatchObject([{ script: 'bot.mjs', exec_mode: 'fork' }]);
      expect(apps[0]?.kill_timeout).toBeGreaterThan(STOP_WAIT_S * 1000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeNative('the connector’s unit', () => {
  it('has options that the connector knows', () => {
    const help = execFileSync(findConnector(), ['--help'], { encoding: 'utf8' });
    const options = [...(commands[0] ?? '').matchAll(/ (--[a-z-]+)/g)].map(([, name = '']) => name);
    expect(options.length).toBeGreaterThan(0);
    for (const option of options) expect(help).toContain(option);
    // The exit codes that a restart does not cure.
    const codes = /^RestartPreventExitStatus=(.*)$/m.exec(units[0]?.code ?? '')?.[1]?.split(' ');
    expect(codes).toEqual(['2', '3']);
    expect(help).toMatch(/^ +2 +command line or config file$/m);
    expect(help).toMatch(/^ +3 +a connector of this name is running already$/m);
  });
});
