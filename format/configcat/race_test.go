//go:build race

package configcat_test

// raceDetector says that the tests run under the race detector, which takes memory and time of its
// own.
const raceDetector = true
