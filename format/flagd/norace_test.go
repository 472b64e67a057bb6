//go:build !race

package flagd

const raceDetector = false
