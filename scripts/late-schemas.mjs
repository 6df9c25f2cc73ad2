// ajv keeps the schemas beside the code that it makes of them, and what is right needs hardly one: each is made when it is
// looked at, most often for a mistake.

/** The code, which has to come in lines, with its schemas made late, and in one line. */
export function madeLate(code) {
  const names = [...code.matchAll(/^const (schema\d+) = (?=\{)/gm)].map(([, name]) => name);
  const late = names.reduce(
    (text, name) =>
      text
        .replaceAll(new RegExp(`(?<!const )\\b${name}\\b`, 'g'), `${name}()`)
        .replace(new RegExp(`^const ${name} = (\\{.*\\});$`, 'm'), `let ${name}Made; const ${name} = () => ${name}Made ??= $1;`),
    code,
  );
  return late.replaceAll('\n', '');
}
