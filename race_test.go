//go:build race

package becket

// raceDetector says that sync.Pool throws away a part of what it is given.
const raceDetector = true
