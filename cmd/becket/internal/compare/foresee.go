package compare

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/draw"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// The values of Report.SharesOf.
const (
	OfPopulation = "the population"
	OfDescribed  = "described" // subjects with described attributes only
	OfMade       = "made"
)

// foreseen is the effect of the new version on the subjects of one flag.
type foreseen struct {
	Transitions
	*groups
	later       []Later
	moreMoments bool
}

// Later is the effect at a later moment, at which other windows of rules are open or ramps have
// other shares.
type Later struct {
	At time.Time `json:"at"`
	Part
}

// foresee evaluates flags before and after. All flags are tried on the same subjects of a file, and
// each on its own made subjects.
func (r *Report) foresee(ctx context.Context, before, after Version, flags []string, p *population.Population,
	at *becket.Moment, progress func(int)) (map[string]foreseen, error) {
	now := at.Now()
	drawer := func(size int) *draw.Drawer {
		return draw.New([]draw.Version{before.drawn(), after.drawn()}, draw.Options{
			Size: size, Seed: p.Seed(), At: now, Described: p.Describes,
		})
	}
	if !p.IsMade() {
		r.SharesOf = OfPopulation
		return foreseeFile(ctx, before, after, flags, p, at, drawer(p.Size), progress)
	}
	r.SharesOf = OfDescribed
	p = p.OfSize(SubjectsFor(p.Size, len(flags)))
	if len(flags) > 0 && r.Subjects != p.Size {
		r.Subjects, r.Population = p.Size, p.Name+" for each flag"
	}
	progress = shared(progress, len(flags))
	all, d := map[string]foreseen{}, drawer(p.Size)
	for _, key := range flags {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		kinds := d.Flag(key)
		if SharesOf(p, kinds) == OfMade {
			r.SharesOf = OfMade
		}
		with := p.WithProfiles(kinds.Profiles)
		one := trial{key, groupsOf(with, kinds)}
		transitions, err := run(ctx, before.Rules, after.Rules, []trial{one}, with, at, progress)
		if err != nil {
			return nil, err
		}
		f := foreseen{Transitions: transitions[0], groups: one.groups}
		few := p.OfSize(min(p.Size, mostLater)).WithProfiles(kinds.Profiles)
		if err := f.foreseeLater(ctx, before, after, trial{key, groupsOf(few, kinds)}, few, d); err != nil {
			return nil, err
		}
		all[key] = f
	}
	return all, nil
}

// SharesOf says which subjects the shares of one flag are of.
func SharesOf(p *population.Population, kinds *draw.Kinds) string {
	switch {
	case !p.IsMade():
		return OfPopulation
	case kinds.IsMade || !p.IsDescribed():
		return OfMade
	default:
		return OfDescribed
	}
}

// mostLater is the number of made subjects at each later moment.
const mostLater = 20_000

// foreseeFile evaluates flags for the subjects of a file.
func foreseeFile(ctx context.Context, before, after Version, flags []string, p *population.Population,
	at *becket.Moment, d *draw.Drawer, progress func(int)) (map[string]foreseen, error) {
	trials := make([]trial, len(flags))
	for i, key := range flags {
		trials[i] = trial{key, groupsOf(p, nil)}
	}
	transitions, err := run(ctx, before.Rules, after.Rules, trials, p, at, progress)
	if err != nil {
		return nil, err
	}
	all := map[string]foreseen{}
	for i, key := range flags {
		f := foreseen{Transitions: transitions[i], groups: trials[i].groups}
		if err := f.foreseeLater(ctx, before, after, trials[i], p, d); err != nil {
			return nil, err
		}
		all[key] = f
	}
	return all, nil
}

// foreseeLater evaluates one flag at the later moments.
func (f *foreseen) foreseeLater(ctx context.Context, before, after Version, one trial, p *population.Population,
	d *draw.Drawer) error {
	moments, more := d.Later(one.flag)
	f.moreMoments = more
	for _, at := range moments {
		transitions, err := run(ctx, before.Rules, after.Rules, []trial{one}, p, becket.MomentAt(at, 0), nil)
		if err != nil {
			return err
		}
		if impact := transitions[0].Impact(one.groups); !impact.Nobody() {
			f.later = append(f.later, Later{at.UTC(), impact.Part})
		}
	}
	return nil
}

func (v Version) drawn() draw.Version {
	return draw.Version{Rules: v.Rules, Format: v.Format, Native: v.Native, Body: v.Body}
}

// SubjectsFor returns the number of subjects that are made for each of several flags: the wished
// one, or fewer if there are hundreds of flags.
func SubjectsFor(wished, flags int) int {
	const most, least = 20_000_000, 2_000
	return min(wished, max(most/max(flags, 1), least))
}

// shared returns a function for the progress of several runs, which together are one.
func shared(progress func(int), runs int) func(int) {
	if progress == nil {
		return nil
	}
	var done atomic.Int64
	return func(n int) {
		after := done.Add(int64(n))
		if step := int(after/int64(runs) - (after-int64(n))/int64(runs)); step > 0 {
			progress(step)
		}
	}
}
