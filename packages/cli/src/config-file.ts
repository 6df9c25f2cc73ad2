/** The config that is named, by `--config` or by SHIP_CONFIG; undefined: it is searched for. */
export function configFile({ config }: { readonly config?: string | undefined }): { readonly file?: string } {
  const file = config ?? process.env.SHIP_CONFIG;
  return file ? { file } : {};
}
