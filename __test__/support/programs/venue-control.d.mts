export declare function venueControl(url: string): {
  command<T = unknown>(fields: object): Promise<T>;
  until(isSo: () => Promise<boolean>, what: string): Promise<void>;
};
