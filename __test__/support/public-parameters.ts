import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LIB = `${ROOT}/lib/`;

/**
 * Every object type of this package that a caller of its public functions, constructors and methods
 * hands over, with those that are fields of it: name, and where it is asked for.
 *
 * @param entries - Entry modules, relative to the root.
 * @param values - Names of types that are no options: their fields are not looked at.
 */
export function publicParameters(
  entries: readonly string[],
  values: readonly string[],
): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = entries.map((entry) => path.join(ROOT, entry));
  const program = ts.createProgram(files, options);
  const walk = new Walk(program.getTypeChecker(), values);
  for (const file of files) walk.module(program.getSourceFile(file)!);
  return walk.found;
}

class Walk {
  readonly found = new Map<string, string>();
  readonly #checker: ts.TypeChecker;
  readonly #values: readonly string[];

  constructor(checker: ts.TypeChecker, values: readonly string[]) {
    this.#checker = checker;
    this.#values = values;
  }

  module(source: ts.SourceFile): void {
    const checker = this.#checker;
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = symbol.valueDeclaration;
      if (declaration === undefined) continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      for (const signature of type.getCallSignatures()) this.#signature(signature, symbol.name);
      for (const made of type.getConstructSignatures()) {
        this.#signature(made, `new ${symbol.name}`);
        for (const member of made.getReturnType().getProperties())
          this.#method(member, symbol.name);
      }
    }
  }

  #method(member: ts.Symbol, of: string): void {
    const declaration = member.valueDeclaration;
    if (declaration === undefined || !isOurs(declaration)) return;
    const { name } = declaration as ts.NamedDeclaration;
    if (name !== undefined && ts.isPrivateIdentifier(name)) return;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    if ((ts.getCombinedModifierFlags(declaration) & hidden) !== 0) return;
    if (ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')) return;
    const type = this.#checker.getTypeOfSymbolAtLocation(member, declaration);
    for (const signature of type.getCallSignatures())
      this.#signature(signature, `${of}.${member.name}`);
  }

  #signature(signature: ts.Signature, where: string): void {
    for (const parameter of signature.getParameters()) {
      const declaration = parameter.valueDeclaration;
      if (declaration === undefined) continue;
      this.#type(this.#checker.getTypeOfSymbolAtLocation(parameter, declaration), where);
    }
  }

  #type(type: ts.Type, where: string): void {
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) this.#type(part, where);
      return;
    }
    if ((type.flags & ts.TypeFlags.Object) === 0 || type.getCallSignatures().length > 0) return;
    const symbol = symbolOf(type);
    const declaration = symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return;
    if (!isOurs(declaration) || type.isClass()) return;
    const name = symbol.name === '__type' ? `what ${where} takes` : symbol.name;
    if (this.found.has(name) || this.#values.includes(name)) return;
    this.found.set(name, where);
    for (const field of type.getProperties()) {
      const at = field.valueDeclaration ?? declaration;
      this.#type(this.#checker.getTypeOfSymbolAtLocation(field, at), `${name}.${field.name}`);
    }
  }
}

/** Built-in types have none, whatever the compiler's own types say. */
function symbolOf(type: ts.Type): ts.Symbol | undefined {
  return type.aliasSymbol ?? type.symbol;
}

function isOurs(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.startsWith(LIB);
}
