package pages

import (
	"testing"

	"github.com/becketflags/becket"
)

func TestTheLimit(t *testing.T) {
	var view becket.View
	if view.Float("upload-limit-mb", 25) != 25 {
		t.Error("no limit")
	}
}
