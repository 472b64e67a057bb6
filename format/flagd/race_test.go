//go:build race

package flagd

// raceDetector says that the tests run under the race detector, which takes memory and time of its
// own.
const raceDetector = true
