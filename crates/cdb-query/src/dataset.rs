//! Several streams as a table.

use std::collections::BTreeMap;
use std::pin::Pin;

use cdb_core::{ConnectorDb, Timestamp};
use cdb_pipescript::Interpolator;
use cdb_types::endpoint::{Json, QueryDataset};
use cdb_types::{ColumnQuery, DatasetQuery};

use crate::source::check_script;
use crate::{Error, Merge, Result, Source, Table};

/// A table of streams' values; awaited, a [`Table`].
///
/// With [`dt`](Self::dt) its rows are at `t1`, `t1 + dt`, … before `t2`, which is itself **not**
/// among them. With [`x`](Self::x) they are at the datapoints of a reference, whose values are the
/// column `x`.
///
/// A column without a range of its own begins ten datapoints before the first row's time (`t1`), so
/// that the first rows have something before them.
///
/// ```no_run
/// # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
/// use cdb_core::Timestamp;
/// use cdb_query::{Column, Dataset};
/// let now = Timestamp::now();
/// let table = Dataset::new(cdb)
///     .t1(now - 86400.0)
///     .t2(now)
///     .dt(3600.0)
///     .column(Column::new("temperature").interpolator("mean"))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Dataset {
    cdb: ConnectorDb,
    times: Source,
    dt: Option<f64>,
    x: Option<XAxis>,
    columns: Vec<Column>,
    posttransform: Option<String>,
}

/// What the rows of a table are at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum XAxis {
    /// The datapoints of a stream.
    Stream(Source),
    /// The datapoints of several streams.
    Merge(Merge),
}

impl<S: Into<Source>> From<S> for XAxis {
    fn from(stream: S) -> Self {
        Self::Stream(stream.into())
    }
}

impl From<Merge> for XAxis {
    fn from(merge: Merge) -> Self {
        Self::Merge(merge)
    }
}

impl Dataset {
    /// A table of no columns yet.
    pub fn new(cdb: &ConnectorDb) -> Self {
        Self {
            cdb: cdb.clone(),
            times: Source::from(""),
            dt: None,
            x: None,
            columns: Vec::new(),
            posttransform: None,
        }
    }

    /// Has its rows at the datapoints of a reference: a stream or a merge.
    pub fn x(mut self, x: impl Into<XAxis>) -> Self {
        self.x = Some(x.into());
        self
    }

    /// Has its rows so many seconds apart, 0.001 at least.
    pub fn dt(mut self, seconds: f64) -> Self {
        self.dt = Some(seconds);
        self
    }

    /// When it begins: the first row's time, or the time that the reference's datapoints are later
    /// than.
    pub fn t1(mut self, t1: impl Into<Timestamp>) -> Self {
        self.times = self.times.t1(t1);
        self
    }

    /// When it ends: rows are before this, or the reference's datapoints up to it.
    pub fn t2(mut self, t2: impl Into<Timestamp>) -> Self {
        self.times = self.times.t2(t2);
        self
    }

    /// Adds a column: a stream, or a [`Column`] that says more.
    pub fn column(mut self, column: impl Into<Column>) -> Self {
        self.columns.push(column.into());
        self
    }

    /// Runs a PipeScript over the rows, whose data are objects of the columns' values. Rows that
    /// lack a value are left out before it, unless their column allows that
    /// ([`Column::allow_nil`]).
    pub fn posttransform(mut self, script: impl Into<String>) -> Self {
        self.posttransform = Some(script.into());
        self
    }

    /// The query, checked, and the names of the columns in their order.
    fn resolve(self) -> Result<(DatasetQuery, Vec<String>)> {
        let mut query = DatasetQuery::default();
        let mut names = Vec::new();
        let mut columns = BTreeMap::new();
        for column in self.columns {
            let (name, column) = column.resolve(&self.cdb)?;
            if columns.insert(name.clone(), column).is_some() {
                return Err(Error::TwoColumns(name));
            }
            names.push(name);
        }
        match (self.x, self.dt) {
            (None, None) => return Err(Error::NoReference),
            (None, Some(_)) => query.reference = self.times.query,
            (Some(x), _) => {
                names.insert(0, "x".to_owned());
                match x {
                    XAxis::Merge(merge) => query.merge = Some(merge.resolve()?),
                    XAxis::Stream(mut source) => {
                        source.query.t1 = self.times.query.t1.or(source.query.t1);
                        source.query.t2 = self.times.query.t2.or(source.query.t2);
                        query.reference = source.resolve(&self.cdb)?;
                    }
                }
            }
        }
        check_script(self.posttransform.as_deref())?;
        query.dt = self.dt;
        query.dataset = Some(columns);
        query.posttransform = self.posttransform;
        query.check()?;
        Ok((query, names))
    }

    async fn run(self) -> Result<Table> {
        let cdb = self.cdb.clone();
        let (query, names) = self.resolve()?;
        let Json(rows) = cdb.call(&QueryDataset(&query)).await?;
        Ok(Table::of(rows, names))
    }
}

impl IntoFuture for Dataset {
    type Output = Result<Table>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A column of a [`Dataset`]: a stream or a merge, with a name and an interpolator.
#[derive(Debug, Clone)]
#[must_use = "a column is part of a dataset"]
pub struct Column {
    values: XAxis,
    name: Option<String>,
    interpolator: String,
    allow_nil: bool,
}

impl Column {
    /// A column of a stream or a merge: at each row the value that is closest in time.
    pub fn new(values: impl Into<Self>) -> Self {
        values.into()
    }

    /// Gives it a name. Unless given, it is the text that names the stream, or the path of the
    /// handle.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How values are found at the rows' times: `closest`, `before`, `after`, or over what came
    /// since the row before `count`, `sum`, `mean`, or any PipeScript, whose last output counts.
    pub fn interpolator(mut self, interpolator: impl Into<String>) -> Self {
        self.interpolator = interpolator.into();
        self
    }

    /// Whether rows without a value in this column go into the posttransform.
    pub fn allow_nil(mut self, allow: bool) -> Self {
        self.allow_nil = allow;
        self
    }

    fn resolve(self, cdb: &ConnectorDb) -> Result<(String, ColumnQuery)> {
        Interpolator::parse(&self.interpolator)?;
        let mut query = ColumnQuery::default();
        let name = match self.values {
            XAxis::Merge(merge) => {
                query.merge = Some(merge.resolve()?);
                self.name.ok_or(Error::Unnamed)?
            }
            XAxis::Stream(source) => {
                let name = self.name.unwrap_or_else(|| source.query.stream.clone());
                query.stream = source.resolve(cdb)?;
                name
            }
        };
        query.interpolator = Some(self.interpolator);
        query.allownil = self.allow_nil;
        Ok((name, query))
    }
}

impl<V: Into<XAxis>> From<V> for Column {
    fn from(values: V) -> Self {
        Self {
            values: values.into(),
            name: None,
            interpolator: "closest".to_owned(),
            allow_nil: false,
        }
    }
}
