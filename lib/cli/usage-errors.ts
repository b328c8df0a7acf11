import { CommanderError, type Command } from 'commander';

/** Lets a wrong command line be thrown, with a word on where the right one stands. */
export function throwUsageErrors(program: Command): void {
  const nameOf = (command: Command): string =>
    command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
  for (const command of [program, ...program.commands]) {
    command.exitOverride();
    command.showHelpAfterError(`All options: ${nameOf(command)} --help`);
  }
}

/** Whether that is what was thrown: commander has said it already. Its end after `--help` is one too. */
export function isUsageError(thrown: unknown): thrown is CommanderError {
  return thrown instanceof CommanderError;
}
