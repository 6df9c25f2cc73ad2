import type { Document } from 'yaml';
import type { Position } from '../types/index.js';
import type { Path } from './paths.js';

/** A document as the composer makes it, whatever is in it. */
export type YamlDocument = Document.Parsed;

/** A document with what is needed to say where something stands in it. */
export interface Written {
  readonly document: YamlDocument;
  readonly text: string;
  /** The key that holds the config, in package.json. */
  readonly root: Path;
  at(offset: number): Position;
}
