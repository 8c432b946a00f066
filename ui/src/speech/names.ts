/** A title as the name of a file. */
export const cleanName = (title: string) => title.replace(/[\\/:*?"<>|\p{Cc}]/gu, ' ').trim().slice(0, 60);
