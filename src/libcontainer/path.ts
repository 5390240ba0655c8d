/** The elements of a path that starts at `/`, found by its text alone: without `.`, `..` and doubled slashes. `..` above `/` is `/`. */
export function pathElements(path: string): string[] {
  const elements: string[] = [];
  for (const element of path.split('/')) {
    if (element === '..') elements.pop();
    else if (element !== '' && element !== '.') elements.push(element);
  }
  return elements;
}
