/** One file of an export. */
export type ExportedFile = {
  /** Relative to the folder of the export, with `/`. */
  readonly path: string;
  readonly text: string;
};
