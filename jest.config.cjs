/** TypeScript is stripped by esbuild; types are checked by `make lint`. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$|/yargs-parser/.*\\.js$|/build/.*\\.js$': '<rootDir>/scripts/jest-esbuild.cjs' },
  // Published as an ES module only.
  transformIgnorePatterns: ['/node_modules/(?!yargs-parser/)'],
  testEnvironment: 'node',
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
};
