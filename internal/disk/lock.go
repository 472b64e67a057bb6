package disk

import (
	"errors"
	"time"
)

// How long a write waits for another process that is replacing a copy in the same folder. A
// replacement takes milliseconds.
const (
	lockPatience = time.Second
	lockStep     = 5 * time.Millisecond
)

var (
	errLocked = errors.New("becket: disk copy: another process has locked the folder and does not unlock it")

	// errTaken reports that another process or client holds the lock.
	errTaken = errors.New("the lock is taken")
)

// locked calls replace while no other process, and no other client of this process, replaces a copy
// in the folder. If the file system has no locks, it calls replace without a lock.
func locked(folder string, replace func() error) error {
	for waited := time.Duration(0); ; waited += lockStep {
		unlock, err := lockFolder(folder)
		switch {
		case err == nil:
			defer unlock()
			return replace()
		case !errors.Is(err, errTaken):
			return replace()
		case waited >= lockPatience:
			return errLocked
		}
		time.Sleep(lockStep)
	}
}
