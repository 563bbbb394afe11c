/** An AVL tree (Adelson-Velsky and Landis, 1962): the balanced tree of textbooks, to compare the skip list with. */
interface Node<T> {
  readonly key: string;
  value: T;
  left: Node<T> | null;
  right: Node<T> | null;
  height: number;
}

type Branch<T> = Node<T> | null;

export class AvlTree<T> {
  #root: Branch<T> = null;
  readonly #probe: ((key: string) => void) | null;

  /** `probe` is told of every key that a search compares with. */
  constructor(probe: ((key: string) => void) | null = null) {
    this.#probe = probe;
  }

  get height(): number {
    return heightOf(this.#root);
  }

  find(key: string): T | null {
    let at = this.#root;
    while (at !== null) {
      if (this.#probe !== null) this.#probe(at.key);
      if (key === at.key) return at.value;
      at = key < at.key ? at.left : at.right;
    }
    return null;
  }

  set(key: string, value: T): void {
    this.#root = inserted(this.#root, key, value);
  }

  delete(key: string): void {
    this.#root = without(this.#root, key);
  }

  /** From the first key that is not before `start`, in order, until `visit` says false. */
  visit(start: string, visit: (key: string, value: T) => boolean): void {
    const above: Node<T>[] = [];
    let at = this.#root;
    const descend = (): void => {
      while (at !== null) {
        if (at.key < start) at = at.right;
        else {
          above.push(at);
          at = at.left;
        }
      }
    };
    for (descend(); above.length > 0; descend()) {
      const next = above.pop();
      if (next === undefined || !visit(next.key, next.value)) return;
      at = next.right;
    }
  }
}

function heightOf<T>(node: Branch<T>): number {
  return node === null ? 0 : node.height;
}

function inserted<T>(node: Branch<T>, key: string, value: T): Node<T> {
  if (node === null) return { key, value, left: null, right: null, height: 1 };
  if (key === node.key) node.value = value;
  else if (key < node.key) node.left = inserted(node.left, key, value);
  else node.right = inserted(node.right, key, value);
  return balanced(node);
}

function without<T>(node: Branch<T>, key: string): Branch<T> {
  if (node === null) return null;
  if (key < node.key) node.left = without(node.left, key);
  else if (key > node.key) node.right = without(node.right, key);
  else {
    if (node.left === null) return node.right;
    if (node.right === null) return node.left;
    // The next key takes its place.
    let next = node.right;
    while (next.left !== null) next = next.left;
    const right = without(node.right, next.key);
    return balanced({ key: next.key, value: next.value, left: node.left, right, height: 0 });
  }
  return balanced(node);
}

/** The heights of its two branches differ by two at most, and afterwards by one at most. */
function balanced<T>(node: Node<T>): Node<T> {
  const lean = heightOf(node.left) - heightOf(node.right);
  if (lean > 1 && node.left !== null) {
    if (heightOf(node.left.left) < heightOf(node.left.right)) node.left = turnedLeft(node.left);
    return turnedRight(node);
  }
  if (lean < -1 && node.right !== null) {
    if (heightOf(node.right.right) < heightOf(node.right.left)) node.right = turnedRight(node.right);
    return turnedLeft(node);
  }
  return measured(node);
}

function turnedRight<T>(node: Node<T>): Node<T> {
  const top = node.left;
  if (top === null) return measured(node);
  node.left = top.right;
  top.right = measured(node);
  return measured(top);
}

function turnedLeft<T>(node: Node<T>): Node<T> {
  const top = node.right;
  if (top === null) return measured(node);
  node.right = top.left;
  top.left = measured(node);
  return measured(top);
}

function measured<T>(node: Node<T>): Node<T> {
  node.height = 1 + Math.max(heightOf(node.left), heightOf(node.right));
  return node;
}
