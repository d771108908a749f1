/** `--klines a b` is read as `--klines a --klines b`, so that a shell may spell out the files. */
export function repeatOptions(args: readonly string[], lists: readonly string[]): string[] {
  let list: string | undefined;
  return args.flatMap((arg, i) => {
    if (arg.startsWith('--')) {
      const name = arg.slice(2).split('=')[0] ?? '';
      list = lists.includes(name) ? name : undefined;
      return [arg];
    }
    const isFirst = args[i - 1] === `--${list}`;
    return list === undefined || isFirst ? [arg] : [`--${list}`, arg];
  });
}
