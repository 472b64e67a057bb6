//go:build !race

package configcat_test

const raceDetector = false
