/** The chassis, compiled. */
export declare const CHASSIS: string;
/** The folder of the tests' own service, compiled: below this package, whose name it imports. */
export declare const SERVICE: string;
/** Its web process. */
export declare const WEB: string;
/** Its release process. */
export declare const RELEASE: string;
//# sourceMappingURL=built.d.ts.map
