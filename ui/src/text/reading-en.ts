import { count } from './numbers-en';

/** Reading a result: who wrote what, thinking, formulas, pictures, links, in English. */
export const reading = {
  thinking: 'Thinking…',
  thought: 'What the model thought',
  thoughtFor: (time: string) => `Thought for ${time}`,
  ofStep: (step: string) => `${step}:`,
  otherText: 'More text',
  variable: (step: string, variable: string) => `${step} · ${variable}`,
  earlier: (characters: number) => `${count(characters, 'earlier character is', 'earlier characters are')} not shown while the text grows.`,
  earlierShow: 'Read from the beginning',
  showPicture: (host: string) => `Show picture from ${host}`,
  pictureLoading: 'Loading the picture…',
  pictureFailed: 'The picture could not be loaded.',
  picture: (description: string) => (description ? `Picture: ${description}` : 'Picture'),
  linkTo: 'This leads to',
  mailTo: 'This writes a mail to',
  linkWritten: (host: string) => `written as ${host}`,
  linkDisguised: 'The address begins with something that looks like another site. Only the name above counts.',
};
