/** More faults than anybody can follow. */
export const MAX_FAULTS = 64;
/** What a node takes in one plan (wire/fault-schema.ts). */
export const MAX_LINK_RULES = 256;
export const MAX_NODE_RULES = 64;
/** So many steps can be taken back one by one. */
export const MAX_REPLACED = 32;
