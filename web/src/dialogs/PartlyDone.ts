/** Some of it is done, and not all; the message says which. Pressed again, only the rest is. */
export class PartlyDone extends Error {}
