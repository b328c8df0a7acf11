/** Levels per side that the page shows. */
export const PAGE_LEVELS = 20;
