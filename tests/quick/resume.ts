/** One of the runs of train/resume_test.ts, for `deno task test:quick`. */
import { testResume } from "../train/resume.ts";

testResume("hard with an identity head", { loss: "hard", idLoss: 1 });
