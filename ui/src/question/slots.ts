/** A question's text with places for its inputs, cut into what is read and what is filled in. Pure. */

export type Piece = { kind: 'text'; text: string } | { kind: 'input'; name: string; label: string | null };

const slot = /\{\{#\s*\$output\.([^#{}]+?)\s*#\}\}/g;
/** Markdown marks around a word that names a field. */
const marks = /^[\s>#*_\-+]+|[\s*_]+$/g;

/**
 * “Comment: {{#$output.comment#}}” is an input with the label “Comment”; other text around a slot stands above and below
 * it. An input without a slot follows at the end, and one with two stands at the first.
 */
export function cut(content: string, names: string[]): Piece[] {
  const pieces: Piece[] = [];
  const placed = new Set<string>();
  const say = (text: string) => {
    if (text.trim()) pieces.push({ kind: 'text', text: text.trim() });
  };
  let at = 0;
  for (const match of content.matchAll(slot)) {
    const name = (match[1] ?? '').trim();
    if (!names.includes(name) || placed.has(name)) continue;
    placed.add(name);
    const before = content.slice(at, match.index);
    at = match.index + match[0].length;
    const line = before.slice(before.lastIndexOf('\n') + 1);
    const label = /^[^|]{1,80}[:：]\s*[*_]*\s*$/.test(line) ? line.trim().replace(marks, '').replace(/[:：]\s*$/, '').replace(marks, '') : '';
    say(label ? before.slice(0, before.length - line.length) : before);
    pieces.push({ kind: 'input', name, label: label || null });
  }
  say(content.slice(at));
  // What the text names and nobody asks for is not for people to read.
  const shown = pieces.map((piece) => (piece.kind === 'text' ? { ...piece, text: piece.text.replace(slot, '').trim() } : piece));
  const rest = names.filter((name) => !placed.has(name)).map((name): Piece => ({ kind: 'input', name, label: null }));
  return [...shown.filter((piece) => piece.kind === 'input' || piece.text), ...rest];
}

/** The text alone, for a record of a question that nobody answered here. */
export function withoutSlots(content: string): string {
  return cut(content, [...content.matchAll(slot)].map((match) => (match[1] ?? '').trim()))
    .map((piece) => (piece.kind === 'text' ? piece.text : ''))
    .filter(Boolean)
    .join('\n\n');
}
