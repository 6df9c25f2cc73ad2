/**
 * A resolve hook: `@ship/core` and its like are looked for from the command's own folder
 * when the importing module has none.
 */
export async function resolve(
  specifier: string,
  context: { parentURL?: string },
  next: (specifier: string, context: { parentURL?: string }) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith('@ship/')) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
}
