/** A lock that ends with the process that holds it, however that ends. */
export interface Lock {
  /** Takes it where nobody has it; answers whether it was taken. */
  take(): Promise<boolean>;
  /** Who holds it, as far as anybody can tell. */
  holder(): Promise<string>;
  close(): Promise<void>;
}
