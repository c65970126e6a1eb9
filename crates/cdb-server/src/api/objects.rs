//! Users, devices and streams.

use axum::extract::Request;
use axum::response::Response;

use super::answer::{OK, json};
use super::call::{Call, Names, sane, unknown_query};
use super::{body, uncancelled};
use crate::database::StreamFilter;
use crate::refusal::Refusal;

type User = Call<String>;
type Device = Call<(String, String)>;
type Stream = Call<(String, String, String)>;

pub(super) async fn list_users(call: Call<()>) -> Result<Response, Refusal> {
    match call.parameters.query() {
        Some("ls") => json(&call.database.list_users(&call.asker).await?),
        _ => Err(unknown_query()),
    }
}

pub(super) async fn read_user(call: User) -> Result<Response, Refusal> {
    let Call { database, asker, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&database.read_user(&asker, &path).await?),
        Some("ls" | "devices") => json(&database.list_devices(&asker, &path).await?),
        Some("streams") => {
            let set = |name| parameters.get(name) == Some("true");
            let filter = StreamFilter {
                public: set("public"),
                downlink: set("downlink"),
                visible: set("visible"),
            };
            json(&database.list_user_streams(&asker, &path, filter).await?)
        }
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_user(call: User, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path: name, .. } = call;
    sane(&name)?;
    let create = body::creation(&body::read(request.into_body()).await?)?;
    uncancelled(async move { json(&database.create_user(&asker, &name, create).await?) }).await
}

pub(super) async fn update_user(call: User, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path, .. } = call;
    let update = body::update(&body::read(request.into_body()).await?)?;
    let path = path.to_change()?;
    uncancelled(async move { json(&database.update_user(&asker, &path, update).await?) }).await
}

pub(super) async fn delete_user(call: User) -> Result<&'static str, Refusal> {
    let Call { database, asker, path, .. } = call;
    let path = path.to_change()?;
    uncancelled(async move { database.delete_user(&asker, &path).await }).await?;
    Ok(OK)
}

pub(super) async fn read_device(call: Device) -> Result<Response, Refusal> {
    let Call { database, asker, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&database.read_device(&asker, &path).await?),
        Some("ls" | "streams") => json(&database.list_streams(&asker, &path).await?),
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_device(call: Device, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path: (user, name), .. } = call;
    sane(&name)?;
    let create = body::creation(&body::read(request.into_body()).await?)?;
    let user = user.to_change()?;
    uncancelled(async move { json(&database.create_device(&asker, &user, &name, create).await?) })
        .await
}

pub(super) async fn update_device(call: Device, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path, .. } = call;
    let update = body::update(&body::read(request.into_body()).await?)?;
    let path = path.to_change()?;
    uncancelled(async move { json(&database.update_device(&asker, &path, update).await?) }).await
}

pub(super) async fn delete_device(call: Device) -> Result<&'static str, Refusal> {
    let Call { database, asker, path, .. } = call;
    let path = path.to_change()?;
    uncancelled(async move { database.delete_device(&asker, &path).await }).await?;
    Ok(OK)
}

pub(super) async fn read_stream(call: Stream) -> Result<Response, Refusal> {
    let Call { database, asker, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&database.read_stream(&asker, &path).await?),
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_stream(call: Stream, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path: (user, device, name), .. } = call;
    sane(&name)?;
    let create = body::creation(&body::read(request.into_body()).await?)?;
    let device = (user, device).to_change()?;
    uncancelled(async move { json(&database.create_stream(&asker, &device, &name, create).await?) })
        .await
}

pub(super) async fn update_stream(call: Stream, request: Request) -> Result<Response, Refusal> {
    let Call { database, asker, path, .. } = call;
    let update = body::update(&body::read(request.into_body()).await?)?;
    let path = path.to_change()?;
    uncancelled(async move { json(&database.update_stream(&asker, &path, update).await?) }).await
}

pub(super) async fn delete_stream(call: Stream) -> Result<&'static str, Refusal> {
    let Call { database, asker, path, parameters } = call;
    let path = path.to_change()?;
    let only_downlink = parameters.downlink();
    uncancelled(async move { database.delete_stream(&asker, &path, only_downlink).await }).await?;
    Ok(OK)
}
