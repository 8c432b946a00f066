/** The header's colour: the hue of the app's own colour, at a lightness and a share of colour that are ours, so that text on it is readable whatever the server sends. Pure; computed here because older web views cannot. */

type Three = [number, number, number];

/** In OKLCH: the lightness, the share of the app's own colour that is taken over, and the same for the line below. */
const themes = {
  light: { lightness: 0.982, share: 0.3, line: 0.915 },
  dark: { lightness: 0.262, share: 0.22, line: 0.38 },
};
const mostColour = 0.08;
const lineShare = 0.7;

const dot = (a: Three, b: Three) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const times = (m: [Three, Three, Three], v: Three): Three => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const gamma = (part: number) => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055);

/** Each from 0 to 1; null for what is no `#rrggbb`. */
export function parts(hex: string): Three | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  return found ? [parseInt(found[1] ?? '', 16) / 255, parseInt(found[2] ?? '', 16) / 255, parseInt(found[3] ?? '', 16) / 255] : null;
}

/** The two axes of colour in OKLab. */
function axes(rgb: Three): [number, number] {
  const root = times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], [linear(rgb[0]), linear(rgb[1]), linear(rgb[2])]).map(Math.cbrt) as Three;
  return [dot([1.9779984951, -2.428592205, 0.4505937099], root), dot([0.0259040371, 0.7827717662, -0.808675766], root)];
}

function hexOf(lightness: number, [a, b]: [number, number]): string {
  const cubed = times([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]], [lightness, a, b]).map((part) => part ** 3) as Three;
  const rgb = times([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]], cubed);
  return `#${rgb.map((part) => Math.round(gamma(Math.min(1, Math.max(0, part))) * 255).toString(16).padStart(2, '0')).join('')}`;
}

export interface Tint {
  ground: string;
  line: string;
}

export function tintOf(colour: string | null, theme: 'light' | 'dark'): Tint | null {
  const rgb = colour === null ? null : parts(colour);
  if (!rgb) return null;
  const [a, b] = axes(rgb);
  const chroma = Math.hypot(a, b);
  const { lightness, share, line } = themes[theme];
  // A grey has no hue: what is left of one by rounding is not blown up.
  const scale = (part: number) => (chroma < 0.002 ? 0 : (Math.min(chroma, mostColour) * part) / chroma);
  const at = (part: number): [number, number] => [a * scale(part), b * scale(part)];
  return { ground: hexOf(lightness, at(share)), line: hexOf(line, at(lineShare)) };
}

/** Both themes, for the style sheet to choose from; undefined leaves the plain surface. */
export function tintStyle(colour: string | null): string | undefined {
  const [light, dark] = [tintOf(colour, 'light'), tintOf(colour, 'dark')];
  return light && dark ? `--tint-light: ${light.ground}; --tint-light-line: ${light.line}; --tint-dark: ${dark.ground}; --tint-dark-line: ${dark.line}` : undefined;
}

function luminance(rgb: Three): number {
  return dot([0.2126, 0.7152, 0.0722], [linear(rgb[0]), linear(rgb[1]), linear(rgb[2])]);
}

/** WCAG 2.2. */
export function contrast(one: string, other: string): number {
  const [a, b] = [parts(one), parts(other)].map((rgb) => (rgb ? luminance(rgb) : 0)).sort((x, y) => y - x) as [number, number];
  return (a + 0.05) / (b + 0.05);
}

/** For a letter on the app's own colour, of any lightness. */
export function inkOn(colour: string): 'black' | 'white' {
  return contrast(colour, '#000000') >= contrast(colour, '#ffffff') ? 'black' : 'white';
}
