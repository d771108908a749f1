/**
 * Plants a mutant: the source of one file is changed as it is loaded, in this thread only. No line of the
 * product knows of it, and a mutant whose text is not there (any more) is an error, not a survivor.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Mutant } from './mutants.ts';

export interface Planted {
  /** Throws if the file was never loaded. */
  assertPlanted(): void;
}

const urlOf = ({ file }: Mutant): URL => new URL(`../../${file}`, import.meta.url);

/** How often the text it changes is in its file. */
export const placesOf = (mutant: Mutant): number =>
  readFileSync(urlOf(mutant), 'utf8').split(mutant.from).length - 1;

export function plant(mutant: Mutant): Planted {
  const { name, file, from, to } = mutant;
  const url = urlOf(mutant);
  const source = readFileSync(url, 'utf8');
  const places = placesOf(mutant);
  if (places !== 1) throw new Error(`${name}: its text is ${places} times in ${file}, not once`);
  let isLoaded = false;
  registerHooks({
    load(loading, context, nextLoad) {
      if (loading !== url.href) return nextLoad(loading, context);
      isLoaded = true;
      return { format: 'module-typescript', source: source.replace(from, () => to), shortCircuit: true };
    },
  });
  return {
    assertPlanted: () => {
      if (!isLoaded) throw new Error(`${name}: ${file} was not loaded`);
    },
  };
}
