/** What a row that is missing is worth then, whatever stops instances. */
export const EMPTY_TABLE = "The platform's table holds no row at all, so a row that is missing proves nothing.";
