package limit

import (
	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Contenders are the limit and, for the split, a cheaper limit without rendezvous hashing.
func Contenders() []contender.Contender {
	return []contender.Contender{
		{Name: "limit", Role: contender.Limit, Prepare: prepareHashing},
		{Name: "limit, one hash and a table", Role: contender.Table, Prepare: prepareTable},
	}
}

func prepareHashing(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	return prepare(w, users, false), nil
}

func prepareTable(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	if w.Kind != scene.Split {
		return nil, contender.ErrUnsupported
	}
	return prepare(w, users, true), nil
}

func prepare(w scene.Workload, users *scene.AllUsers, table bool) *contender.Runner {
	flags, key := New(w, table), w.Flag
	var subjects [scene.Rotation]Subject
	for i := range users {
		subjects[i] = subjectOf(&users[i])
		subjects[i].ReadVersion(users[i].Version)
	}
	switch w.Kind {
	case scene.Split:
		return split(flags, key, &subjects, users)
	case scene.Rules:
		return versioned(flags, key, &subjects, users)
	}
	return boolean(flags, key, &subjects, users)
}

func subjectOf(u *scene.User) Subject {
	return Subject{Key: u.Key, Country: u.Country, Version: u.Version, Plan: u.Plan, Age: u.Age, Beta: u.Beta}
}

//go:noinline
func boolean(flags *Flags, key string, subjects *[scene.Rotation]Subject, users *scene.AllUsers) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if flags.Enabled(key, &subjects[i&scene.Mask]) {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				s := subjectOf(&users[i&scene.Mask])
				if flags.Enabled(key, &s) {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			s := subjectOf(u)
			if flags.Enabled(key, &s) {
				return 1
			}
			return 0
		},
	}
}

// versioned is boolean for rules that compare versions. If the call builds the struct, it also
// parses the version there, once.
//
//go:noinline
func versioned(flags *Flags, key string, subjects *[scene.Rotation]Subject, users *scene.AllUsers) *contender.Runner {
	r := boolean(flags, key, subjects, users)
	r.InCall = func(n int) (sum uint64) {
		for i := range n {
			s := subjectOf(&users[i&scene.Mask])
			s.ReadVersion(s.Version)
			if flags.Enabled(key, &s) {
				sum++
			}
		}
		return sum
	}
	r.Answer = func(u *scene.User) uint64 {
		s := subjectOf(u)
		s.ReadVersion(s.Version)
		if flags.Enabled(key, &s) {
			return 1
		}
		return 0
	}
	return r
}

//go:noinline
func split(flags *Flags, key string, subjects *[scene.Rotation]Subject, users *scene.AllUsers) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(flags.Text(key, &subjects[i&scene.Mask])))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				s := subjectOf(&users[i&scene.Mask])
				sum += uint64(len(flags.Text(key, &s)))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			s := subjectOf(u)
			return uint64(len(flags.Text(key, &s)))
		},
	}
}
