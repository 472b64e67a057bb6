//go:build race

package becket

// raceDetector is true under the race detector, where sync.Pool drops some of the values that are
// put into it.
const raceDetector = true
