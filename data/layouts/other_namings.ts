/** Namings of datasets that are not divided by three folders, and of datasets without a name. */
import type { Naming } from "./naming.ts";

/**
 * MSMT17 (Wei et al. 2018): person, number of the image, camera, date and time of day, ...; people are counted from 0
 * in training and again in the test.
 */
export const MSMT17_NAMES: Naming = {
  name: "MSMT17",
  example: "0000_000_01_0303morning_0015_0.jpg",
  pattern: /^(?<identity>\d{1,9})_\d{1,9}_(?<camera>\d{1,4})_\d{4}[a-z]+_.*$/i,
  timed: false,
  splitBy: "the lists list_train.txt, list_query.txt and list_gallery.txt beside the folders",
};

/**
 * MARS (Zheng et al. 2016): person, camera, tracklet, frame of the tracklet; person 0 is a distractor, -1 junk. The frame is
 * on no clock. Its .mat files choose the query tracklets; they are not read here.
 */
export const MARS: Naming = {
  name: "MARS",
  example: "0001C1T0001F001.jpg",
  pattern: /^(?:00)?(?<identity>\d{4}|-1)C(?<camera>\d)T(?<track>\d{4})F\d{3,4}$/,
  timed: false,
  distractors: true,
};

/** Person and camera, then anything: CUHK03 in its newer split, and many conversions of other datasets. */
export const NUMBERED: Naming = {
  name: "People with numbered cameras",
  example: "0001_c1_0001.jpg",
  pattern: /^(?<identity>-1|\d{1,9})_c(?<camera>\d{1,4})(?:s\d{1,4})?(?:_.*)?$/i,
  timed: false,
};

/** CUHK03 as torchreid unpacks it: campus, person, view, number. Views of different campuses are different cameras. */
export const CUHK03: Naming = {
  name: "CUHK03",
  example: "1_001_1_01.png",
  pattern: /^[1-5]_(?<identity>\d{3})_[12]_\d{2}$/,
  timed: false,
  splitBy: "its .mat file, which is not read here",
};
