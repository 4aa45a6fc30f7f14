import { testHalves } from "./half_table.ts";

await testHalves("texture");
