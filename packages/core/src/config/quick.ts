import {
  EVENT_ALIAS,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE_PLAIN,
} from 'js-yaml';
import { DEPTH_LIMIT } from './depth.js';
import { forbiddenKey } from './keys.js';
import type { Dict } from './paths.js';

type Event = ReturnType<typeof parseEvents>[number];
type Scalar = Extract<Event, { valueStart: number }>;

const WORDS = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
/** What a number begins with: no pattern is needed for the texts that most values are. */
const NUMBER_BEGINS = '+-.0123456789';
/** So many digits of a number are exact. */
const MOST_DIGITS = 15;
/** Numbers that every reader of YAML takes for the same number. */
const ORDINARY_NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/;
/** All that the core schema, or an older reader, takes for a number. */
const NUMBER = /^[-+]?(0[xob][0-9a-fA-F_]+|(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$/;

/** Thrown to itself: the strict reader shall look at this text. */
const UNUSUAL = new Error('unusual');

/**
 * Reads what most configs are: maps, lists, texts and ordinary numbers. Several times as fast as the strict reader,
 * which keeps every position. Undefined where there is anything else in the text, or anything wrong with it:
 * then the strict reader decides, and tells what is wrong and where.
 */
export function readQuickly(text: string): unknown {
  if (text.includes('\t') || text.includes('\r')) return undefined;
  try {
    return new Reader(text, parseEvents(text, { maxDepth: DEPTH_LIMIT })).document();
  } catch {
    return undefined;
  }
}

class Reader {
  #next = 0;

  constructor(
    private readonly text: string,
    private readonly events: readonly Event[],
  ) {}

  document(): unknown {
    const start = this.#take();
    if (start.type !== EVENT_DOCUMENT || start.explicitStart || start.explicitEnd || start.directives.length > 0) throw UNUSUAL;
    const value = this.#value(this.#take());
    if (this.#take().type !== EVENT_POP || this.#next !== this.events.length || value === null) throw UNUSUAL;
    return value;
  }

  #take(): Event {
    const event = this.events[this.#next];
    if (event === undefined || event.type === EVENT_ALIAS) throw UNUSUAL;
    if ('tagStart' in event && (event.tagStart >= 0 || event.anchorStart >= 0)) throw UNUSUAL;
    this.#next += 1;
    return event;
  }

  #value(event: Event): unknown {
    if (event.type === EVENT_SCALAR) return this.#scalar(event);
    if (event.type === EVENT_MAPPING) return this.#map();
    if (event.type === EVENT_SEQUENCE) return this.#list();
    throw UNUSUAL;
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    for (let event = this.#take(); event.type !== EVENT_POP; event = this.#take()) items.push(this.#value(event));
    return items;
  }

  #map(): Dict {
    const map: Dict = {};
    for (let event = this.#take(); event.type !== EVENT_POP; event = this.#take()) {
      const key = event.type === EVENT_SCALAR ? this.#scalar(event) : undefined;
      if (typeof key !== 'string' || key === '' || key === '<<' || forbiddenKey(key) !== undefined || Object.hasOwn(map, key))
        throw UNUSUAL;
      map[key] = this.#value(this.#take());
    }
    return map;
  }

  #scalar(event: Scalar): unknown {
    const text = getScalarValue(this.text, event);
    if (event.style !== SCALAR_STYLE_PLAIN) return text;
    if (text === '') throw UNUSUAL;
    const word = WORDS.get(text);
    if (word !== undefined) return word;
    if (!NUMBER_BEGINS.includes(text[0]!)) return text;
    // Most numbers are whole and short, and need no pattern either.
    const number = Number(text);
    if (text.length <= MOST_DIGITS && Number.isInteger(number) && String(number) === text) return number;
    if (!NUMBER.test(text)) return text;
    if (!ORDINARY_NUMBER.test(text)) throw UNUSUAL;
    return Number(text);
  }
}
