import { count, n } from './numbers-en';

/** Of the file that a cause is about. */
export interface OfFile {
  extension: string;
  size: string;
  limit: string;
  max: number;
  /** The file it is the same as; empty where that is not known. */
  other: string;
}

/** Of all files with the same cause. */
export interface OfFiles {
  files: number;
  label: string;
  /** What the field takes. */
  accepts: string;
  limit: string;
  max: number;
}

/** What is said of one cause. */
interface CauseWords {
  /** At the file itself. */
  row: (about: OfFile) => string;
  /** In the list of what there is to do: what is wrong, and what helps. */
  title: (files: number) => string;
  help: (about: OfFiles) => string;
}

type CauseName = 'kind' | 'picture' | 'too_large' | 'too_many' | 'empty' | 'missing' | 'unreadable' | 'locked' | 'twice' | 'mismatch' | 'forgotten' | 'not_link' | 'no_links' | 'not_fetched' | 'refused';

const causes: Record<CauseName, CauseWords> = {
  kind: {
    row: ({ extension }) => (extension ? `${extension.toUpperCase()} files are not accepted here` : 'This kind of file is not accepted here'),
    title: (files) => `${count(files, 'file is', 'files are')} of a kind that is not accepted`,
    help: ({ label, accepts }) => `“${label}” accepts: ${accepts}.`,
  },
  picture: {
    row: ({ size, limit }) => `Too large: ${size}, limit ${limit}`,
    title: (files) => `${count(files, 'picture is', 'pictures are')} too large`,
    help: ({ files, limit }) => (files === 1 ? `At most ${limit}. A smaller copy can be made for you; your own file stays as it is.` : `At most ${limit} each. Smaller copies can be made for you; your own files stay as they are.`),
  },
  too_large: {
    row: ({ size, limit }) => `Too large: ${size}, limit ${limit}`,
    title: (files) => `${count(files, 'file is', 'files are')} too large`,
    help: ({ files, limit }) => (files === 1 ? `At most ${limit}. Split the file or save it smaller, then choose it again.` : `At most ${limit} each. Split the files or save them smaller, then choose them again.`),
  },
  too_many: {
    row: ({ max }) => `At most ${count(max, 'file fits', 'files fit')} here. Remove some.`,
    title: (files) => `${count(files, 'file', 'files')} too many`,
    help: ({ label, max }) => `“${label}” takes at most ${count(max, 'file', 'files')}.`,
  },
  empty: {
    row: () => 'The file is empty',
    title: (files) => `${count(files, 'file is', 'files are')} empty`,
    help: ({ files }) => (files === 1 ? 'There is nothing in it. It may not have been saved yet.' : 'There is nothing in them. They may not have been saved yet.'),
  },
  missing: {
    row: () => 'The file is no longer there. Choose it again.',
    title: (files) => `${count(files, 'file is', 'files are')} no longer there`,
    help: ({ files }) => (files === 1 ? 'It was moved, renamed or deleted. Choose it again, or remove it.' : 'They were moved, renamed or deleted. Choose them again, or remove them.'),
  },
  unreadable: {
    row: () => 'The file cannot be opened. It may be a folder, or open in another program.',
    title: (files) => `${count(files, 'file', 'files')} cannot be opened`,
    help: ({ files }) => (files === 1 ? 'It may be a folder, be open in another program, or not be meant for you. Close it there and look again.' : 'They may be folders, be open in another program, or not be meant for you. Close them there and look again.'),
  },
  locked: {
    row: () => 'It opens only with a password. Most apps cannot read it.',
    title: (files) => `${count(files, 'file needs', 'files need')} a password to open`,
    help: ({ files }) => (files === 1 ? 'Most apps cannot read it. Take the password out, or ask for a copy without one.' : 'Most apps cannot read them. Take the passwords out, or ask for copies without one.'),
  },
  twice: {
    row: ({ other }) => (other ? `The same as ${other}` : 'This file is here already'),
    title: (files) => `${count(files, 'file is', 'files are')} here already`,
    help: () => 'The contents are the same, whatever the names.',
  },
  mismatch: {
    row: () => 'The server takes this file for another kind. Save it as PDF, or ask the person who made the app to allow more kinds.',
    title: (files) => `${count(files, 'file is', 'files are')} of another kind to the server`,
    help: ({ files }) => `Save ${files === 1 ? 'it' : 'them'} as PDF, or ask the person who made the app to accept more kinds.`,
  },
  forgotten: {
    row: () => 'The server no longer has this file. Remove it and add it again.',
    title: (files) => `The server no longer has ${count(files, 'file', 'files')}`,
    help: ({ files }) => (files === 1 ? 'Choose it again, and it is sent again.' : 'Choose them again, and they are sent again.'),
  },
  not_link: {
    row: () => 'Enter an address that starts with http:// or https://',
    title: (files) => (files === 1 ? 'A link is not complete' : `${n(files)} links are not complete`),
    help: () => 'A link starts with http:// or https://',
  },
  no_links: {
    row: () => 'Links are not accepted here',
    title: (files) => (files === 1 ? 'A link is not accepted here' : `${n(files)} links are not accepted here`),
    help: ({ files }) => (files === 1 ? 'Download the file and add it instead.' : 'Download the files and add them instead.'),
  },
  not_fetched: {
    row: () => 'The server could not fetch this. Download the file and add it instead of the link.',
    title: (files) => (files === 1 ? 'The server could not fetch a link' : `The server could not fetch ${n(files)} links`),
    help: ({ files }) => (files === 1 ? 'Download the file and add it instead of the link.' : 'Download the files and add them instead of the links.'),
  },
  refused: {
    row: () => 'The server does not take this entry.',
    title: (files) => `The server does not take ${count(files, 'file', 'files')}`,
    help: ({ files }) => (files === 1 ? 'The reason stands at the file. Remove it, or choose another.' : 'The reasons stand at the files. Remove them, or choose others.'),
  },
};

/** What stands before files are sent: what is wrong with which of them, and the one thing that mends it, in English. */
export const checks = {
  title: 'Before you send',
  spoken: (files: number) => `${count(files, 'file needs', 'files need')} a look before you send.`,

  kindsTo: (list: string, limit: string) => `${list} up to ${limit}`,
  kinds: (parts: string[]) => parts.join('; '),
  anyKind: (parts: string) => `All kinds of files: ${parts}`,

  causes,

  names: 'Which files',
  sameAs: (name: string, other: string) => `${name}, same as ${other}`,
  nameSize: (name: string, size: string) => `${name}, ${size}`,
  more: (files: number) => `and ${n(files)} more`,

  remove: (files: number) => (files === 1 ? 'Remove it' : `Remove these ${n(files)}`),
  removeCopies: (files: number) => (files === 1 ? 'Remove the copy' : `Remove ${n(files)} copies`),
  keepFirst: (max: number) => (max === 1 ? 'Keep the first only' : `Keep the first ${n(max)}`),
  removed: (files: number) => `${count(files, 'file was', 'files were')} removed from the form.`,
  chooseAgain: 'Choose again',
  chooseAgainName: (name: string) => `Choose ${name} again`,
  lookAgain: 'Look again',
  shrink: (files: number) => (files === 1 ? 'Make it smaller' : `Make ${n(files)} smaller`),
  shrinking: 'Making it smaller…',
  shrunk: (name: string, before: string, after: string) => `“${name}” is now ${after} instead of ${before}. Your own file is unchanged.`,
  shrunkMany: (files: number, before: string, after: string) => `${n(files)} pictures are now ${after} instead of ${before}. Your own files are unchanged.`,
  wasLarger: (size: string) => `A smaller copy; yours has ${size}.`,
  sendAnyway: 'Send all the same',

  howTo: 'How to take the password out',
  steps: {
    pdf: 'PDF: open it with the password, choose Print, and print to a new PDF.',
    office: 'Word, Excel, PowerPoint: open it with the password. Under File, Info, Protect, choose Encrypt with Password, delete the password, and save.',
    odf: 'LibreOffice: open it with the password, choose Save as, clear “Save with password”, and save.',
    archive: 'Archive: unpack it with the password, and add the files that were in it.',
  },
  andThen: 'Then choose the new file here.',
  copyRequest: 'Copy a request for a colleague',
  request: (names: string) => `Hello,\n\nthese files open only with a password, so they cannot be processed: ${names}.\nCould you send me copies without a password?\n\nThank you`,
};
