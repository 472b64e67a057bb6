//go:build !race

package becket

const raceDetector = false
