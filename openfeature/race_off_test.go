//go:build !race

package openfeature_test

const raceDetector = false
