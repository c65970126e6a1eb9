//! Reading the data of a stream and of its downlink.

use crate::expected::Expected;
use crate::run::{Request, Run};
use crate::view::View;

/// What is asked of the data.
const QUERIES: [&str; 7] = [
    "i1=0",
    "t1=0",
    "i1=0&transform=$",
    "q=length",
    "q=time2index&t=0",
    "q=plot&columns=3",
    "q=statistics",
];

/// Whether a caller may read the data of a stream, or how it is refused.
pub(crate) fn access(
    view: &View<'_>,
    [user, device, stream]: [&str; 3],
    of_downlink: bool,
) -> Result<(), Expected> {
    match view.stream(user, device, stream) {
        Ok(seen) if seen.rights.reads_data(of_downlink) => Ok(()),
        Ok(_) => Err(Expected::denied("Can't access this resource.")),
        Err(unseen) => Err(unseen.when_changing()),
    }
}

/// Reads the data of a stream in all ways. A caller that may read it gets the same answers as the
/// administrator.
pub(crate) async fn check(run: &mut Run<'_>, names: [&str; 3]) {
    let path = names.join("/");
    for of_downlink in [false, true] {
        let access = access(&run.view, names, of_downlink);
        for query in QUERIES {
            let of = if of_downlink { "&downlink=true" } else { "" };
            let request = Request::get(format!("crud/{path}/data?{query}{of}"));
            let expected = match access.clone() {
                Ok(()) => run.same_as_root(&request).await,
                Err(refused) if query.starts_with("q=time2index") => refused.with_status(404),
                Err(refused) => refused,
            };
            run.check(&path, &format!("read data {query}{of}"), &request, &expected).await;
        }
    }
}
